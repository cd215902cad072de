#!/bin/sh
# accord-check QUESTION.json : may this be shared, now? For systems that cannot be changed. Needs curl alone.
#   exit 0  permit, and every mandatory obligation is one that ACCORD_FULFILS names
#   exit 1  deny, or an obligation that you do not fulfil
#   exit 2  could not be asked: no answer is no permission
# The id of the decision stands on stdout (0 and 1), why not on stderr. QUESTION.json is an AuthZEN evaluation (docs/authzen-profile.md).
#   ACCORD_URL      https://accord.example
#   ACCORD_TOKEN    or ACCORD_TOKEN_FILE: the bearer token of your client; it appears in no list of processes
#   ACCORD_FULFILS  codes of the obligations that you fulfil, between spaces
#   ACCORD_TIMEOUT  seconds, 10 if absent
set -u
LC_ALL=C
export LC_ALL

cannot() { echo "accord-check: $1" >&2; exit 2; }

[ $# -eq 1 ] && [ -r "$1" ] || cannot 'usage: accord-check QUESTION.json'
[ -n "${ACCORD_URL:-}" ] || cannot 'ACCORD_URL is not set'
token=${ACCORD_TOKEN:-}
if [ -z "$token" ] && [ -r "${ACCORD_TOKEN_FILE:-}" ]; then token=$(cat "$ACCORD_TOKEN_FILE"); fi
case $token in '' | *[!A-Za-z0-9._~+/=-]*) cannot 'ACCORD_TOKEN is not a token' ;; esac

reply=$(printf 'header = "authorization: Bearer %s"\n' "$token" | curl --silent --show-error --disable --config - \
  --proto '=http,https' --max-time "${ACCORD_TIMEOUT:-10}" --max-filesize 1048576 --write-out '\n%{http_code}' \
  --header 'content-type: application/json' --data-binary "@$1" "${ACCORD_URL%/}/access/v1/evaluation") || cannot 'no answer'
status=${reply##*
}
body=${reply%
*}
[ "$status" = 200 ] || cannot "Accord answered $status"

# Read by its beginning, byte for byte as Accord writes it: a text further on cannot pass for the decision, and anything else is no answer.
case $body in
  '{"decision":true,"context":{"evaluation_id":"'*) decision=permit ;;
  '{"decision":false,"context":{"evaluation_id":"'*) decision=deny ;;
  *) cannot 'this is no decision' ;;
esac
id=${body#*'"evaluation_id":"'}
id=${id%%'"'*}
case $id in '' | *[!0-9a-f-]*) cannot 'the decision has no id' ;; esac
echo "$id"
if [ "$decision" = deny ]; then
  reason=${body#*'"reason":"'}
  echo "accord-check: deny ${reason%%'"'*}" >&2
  exit 1
fi

# Within a text a quotation mark has a backslash before it, so none of these is ever part of one.
case $body in *'"obligations":['*) ;; *) cannot 'the obligations are missing' ;; esac
codes=$(printf '%s\n' "$body" | grep -o '[{,]"code":"[A-Z_]*","mandatory":true' | cut -d '"' -f 4)
[ "$(printf '%s\n' "$body" | grep -o '"mandatory":true' | wc -l)" -eq "$(printf '%s\n' "$codes" | grep -c .)" ] || cannot 'an obligation cannot be read'
for code in $codes; do
  case " ${ACCORD_FULFILS:-} " in
    *" $code "*) ;;
    *) echo "accord-check: deny, you do not fulfil $code" >&2; exit 1 ;;
  esac
done
