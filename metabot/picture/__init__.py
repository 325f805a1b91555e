"""What is kept with a finding so that it can be drawn when the telemetry itself is gone."""
