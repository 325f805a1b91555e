"""What GitHub refuses of a push, as the hook that git asks."""

from __future__ import annotations

from typing import Final

PRE_RECEIVE: Final = r"""#!/bin/sh
while read -r old new ref; do
  case "$ref" in
    $DOUBLE_PROTECTED)
      echo "error: GH006: Protected branch update failed for $ref."
      exit 1 ;;
  esac
  [ "$new" = 0000000000000000000000000000000000000000 ] && continue
  file=$(git log --format= --name-only "$new" --not --all -- .github/workflows | head -n 1)
  if [ -n "$file" ] && [ "$DOUBLE_WORKFLOWS" = no ]; then
    echo "refusing to allow a Personal Access Token to create or update workflow \`$file\` without \`workflow\` scope"
    exit 1
  fi
done
"""
