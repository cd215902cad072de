#!/bin/sh
# sftp-send QUESTION.json FILE USER@HOST:FOLDER : sends the file only with a permit of this moment, and keeps under which decision it went.
# For a nightly feed whose program cannot be changed: call this in place of sftp. Exit 0 sent; 1 denied; 2 not asked; 3 sending failed.
#   ACCORD_*  as in accord-check.sh;  SEND_LOG  where sends are noted, ./accord-sent.log if absent;  SFTP  the program, sftp if absent
set -u
[ $# -eq 3 ] && [ -r "$2" ] || { echo 'usage: sftp-send QUESTION.json FILE USER@HOST:FOLDER' >&2; exit 2; }
decision=$("$(dirname "$0")/accord-check.sh" "$1") || exit $?
log=${SEND_LOG:-accord-sent.log}
note() { printf '%s %s %s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$decision" "$2" "$3" >>"$log"; }
# What cannot be noted is not sent (LOG_DISCLOSURE).
note sending "$2" "$3" || exit 3
printf 'put "%s"\n' "$2" | "${SFTP:-sftp}" -b - "$3" || { note failed "$2" "$3"; exit 3; }
note sent "$2" "$3"
