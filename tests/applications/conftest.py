"""The applications' own tests run in their own sandbox, never as ours."""

collect_ignore = ["faulty", "sound", "installed"]
