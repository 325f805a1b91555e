"""Model calls of an application's own client, recorded as OpenTelemetry spans by the GenAI conventions."""
