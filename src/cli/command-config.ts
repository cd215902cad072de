import { type Config, parseConfig } from '../platform/config.ts'
import { ConfigurationError } from './command.ts'

/**
 * The settings that a command which serves nobody shares with the service; the others may be absent or wrong.
 *
 * @throws ConfigurationError naming every variable that is wrong
 */
export function commandConfig({ ACCORD_VAR, LOG_LEVEL, STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS }: NodeJS.ProcessEnv): Config {
  return validConfig({ ACCORD_VAR, LOG_LEVEL, STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS })
}

/**
 * The configuration as the service itself reads it.
 *
 * @throws ConfigurationError naming every variable that is wrong
 */
export function validConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = parseConfig(env)
  if (parsed.ok) return parsed.value
  throw new ConfigurationError(parsed.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('\n'))
}
