#!/bin/sh
# An agent that calls the API with curl, from what it remembers of a skill. It means well, and does wrong:
#   - it forgets the attribution headers, but for the message and the export,
#   - it asks for no event stream where it sends a message, and sends the message again when its stream breaks off,
#   - it polls a render every second, and submits it again when it has polled twice.
# What the user says comes on standard input, a line each; the photos lie in the working directory.
set -eu

field() { # NAME: the value of this name in the JSON on standard input
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}

call() { # METHOD PATH MORE...: with the headers that it never forgets
  method=$1 path=$2
  shift 2
  curl -s -X "$method" "$NEMO_API_URL$path" -H "Authorization: Bearer $token" "$@"
}

skilled() { # METHOD PATH BODY: with those that it remembers now and then
  call "$1" "$2" -H "Content-Type: application/json" -d "$3" \
    -H "X-Skill-Source: clumsy" -H "X-Skill-Version: 1.0.0" -H "X-Skill-Platform: unknown"
}

poll() { # ID: the status of a render
  call GET "/api/render/proxy/lambda/$1" | field status
}

export_video() {
  draft=$(call GET "/api/state/nemo_agent/me/$session/latest" |
    sed -n 's/.*"draft": *\({.*}\), *"canvas_config".*/\1/p')
  count=$((count + 1)) render="clumsy_${session}_$count" polls=0 status=
  skilled POST /api/render/proxy/lambda "{\"id\":\"$render\",\"sessionId\":\"$session\",\"draft\":$draft}" >answer.json
  while [ "$status" != completed ] && [ "$polls" -lt 20 ]; do
    sleep 1
    status=$(poll "$render")
    polls=$((polls + 1))
    if [ "$polls" = 2 ] && [ "$status" != completed ]; then
      echo "That takes long, so I ask for it again."
      count=$((count + 1)) render="clumsy_${session}_$count"
      skilled POST /api/render/proxy/lambda "{\"id\":\"$render\",\"sessionId\":\"$session\",\"draft\":$draft}" >answer.json
    fi
  done
  curl -s -o video.mp4 "$(call GET "/api/render/proxy/lambda/$render" | field url)"
  echo "Your video is in video.mp4."
}

count=0
token=${NEMO_TOKEN:-}
if [ -z "$token" ]; then
  token=$(curl -s -X POST "$NEMO_API_URL/api/auth/anonymous-token" \
    -H "X-Client-Id: 3f0f5a9e-7d41-4c1e-9b0b-6c1d2f3a4b5c" | field token)
fi
session=$(call POST /api/tasks/me/with-session/nemo_agent -H "Content-Type: application/json" \
  -d '{"task_name":"project"}' | field session_id)
for photo in *.png; do
  [ -e "$photo" ] || continue
  call POST "/api/upload-video/nemo_agent/me/$session" -F "files=@$photo" >answer.json
done
while read -r line; do
  if [ "$line" = export ]; then
    export_video
  else
    body="{\"app_name\":\"nemo_agent\",\"user_id\":\"me\",\"session_id\":\"$session\",\"new_message\":{\"parts\":[{\"text\":\"$line\"}]}}"
    if ! skilled POST /run_sse "$body" >stream.txt; then
      echo "That went wrong, so I send it again."
      skilled POST /run_sse "$body" >stream.txt
    fi
    echo "Done: $line"
  fi
done
