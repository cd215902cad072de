# The service alone; PostgreSQL is another container (docker-compose.yml). Started without DATABASE_URL it would be a demo of its own.
FROM node:24.9.0-bookworm-slim

WORKDIR /app
# npm runs the install scripts named in package.json (allowScripts): the embedded PostgreSQL links its libraries in one.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force

COPY tsconfig.json ./
COPY sql ./sql
COPY src ./src

# Written by nobody but root, run by somebody else; only the var folder is the service's own.
RUN install -d -o node -g node -m 0700 /var/lib/accord
USER node
ENV HOST=0.0.0.0 \
    PORT=3000 \
    ACCORD_VAR=/var/lib/accord
VOLUME /var/lib/accord
EXPOSE 3000

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]

# Not through npm, which would swallow SIGTERM: the service must hear it to drain.
CMD ["node", "--max-semi-space-size=64", "--import=tsx", "src/main.ts"]
