#!/bin/sh
# Tidemark by Temporal's command line (https://docs.temporal.io/cli): import.sh INPUT.json
# Where Temporal is comes from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or a profile of Temporal's own.
set -eu
input=$1
id=${WORKFLOW_ID:-tidemark/titanImportBatch/$(date +%s)}

# A pipeline's runs share the id tidemark/pipeline/NAME, so that they never overlap.
temporal workflow start --type titanImportBatch --task-queue "${TASK_QUEUE:-tidemark}" --workflow-id "$id" \
  --id-conflict-policy Fail --input-file "$input"

# How far is it?
temporal workflow query --workflow-id "$id" --type progress

# Waits for the end; the exit code says how it was. To end it before: temporal workflow cancel --workflow-id "$id"
temporal workflow result --workflow-id "$id" --output json
