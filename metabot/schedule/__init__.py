"""What runs when: jobs as child processes, by cron expressions, one scheduler per state folder."""
