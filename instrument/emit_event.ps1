<#
.SYNOPSIS
Appends one event to an application's event log, as metabot-instrument does in Python.

.DESCRIPTION
The log is METABOT_EVENTS_PATH, else AGI_LEDGER_PATH, else .metabot/events.jsonl below the current folder. It never
fails its caller: what could not be written is a warning.

On Linux and macOS .NET takes the same advisory lock that other writers of the log take (flock), so lines stay whole
whoever writes; it takes it after it has opened the file, so an event may land in a log that was rotated just then.
On Windows a log must not be shared with writers that lock otherwise.

.EXAMPLE
./emit_event.ps1 -EventType health_check -Payload @{ status = 'HEALTHY'; confidence = 0.786 } -SessionId nightly-7
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)] [string] $EventType = 'unnamed',
    [System.Collections.IDictionary] $Payload = @{},
    [string] $TaskId = '',
    [string] $SessionId = '',
    [string] $PersonaId = ''
)

$MostBytes = 256000  # of one payload
$WaitSeconds = 2  # for another writer

# The declared types; any other is written and marked.
$Known = @(
    'task_started', 'task_completed', 'task_failed', 'thesis_start', 'thesis_end', 'synthesis_start', 'synthesis_end',
    'eval', 'rune', 'replan', 'plan_proposed', 'evidence_search', 'evidence_added', 'evidence_rejected',
    'rag_retrieval', 'citation_added', 'second_pass', 'quality_check', 'confidence_check', 'system_startup',
    'system_shutdown', 'health_check', 'performance_metric', 'events_lost', 'migration', 'deployment', 'rollback',
    'configuration_change', 'scale_event', 'bqi_pattern_learned', 'bqi_rule_applied', 'binoche_decision',
    'ensemble_update', 'alert_triggered', 'alert_resolved', 'threshold_exceeded', 'anomaly_detected',
    'validator_decision', 'circuit_opened', 'circuit_closed', 'tool_switched_off', 'tool_switched_on',
    'session_start', 'session_end', 'persona_activated', 'persona_switched', 'pass_started', 'pass_completed',
    'pass_failed', 'telemetry_loaded', 'analysis_completed', 'finding_raised', 'finding_resolved', 'finding_stopped',
    'proposal_written', 'verification_started', 'verification_passed', 'verification_failed', 'pull_request_opened',
    'pull_request_revised', 'pull_request_merged', 'pull_request_closed', 'impact_watch_started', 'impact_improved',
    'impact_unchanged', 'impact_regressed', 'impact_unknown', 'revert_opened'
)

function Get-LogPath {
    $path = '.metabot/events.jsonl'
    foreach ($name in 'AGI_LEDGER_PATH', 'METABOT_EVENTS_PATH') {
        $value = [Environment]::GetEnvironmentVariable($name)
        if ($value) { $path = $value }
    }
    return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
}

function Get-ServiceName {
    foreach ($name in 'METABOT_SERVICE_NAME', 'OTEL_SERVICE_NAME') {
        $value = [Environment]::GetEnvironmentVariable($name)
        if ($value) { return $value }
    }
    return 'unknown_service'
}

function Get-Line {
    $now = [DateTimeOffset]::UtcNow
    $line = [ordered]@{
        event = $EventType
        timestamp = $now.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", [cultureinfo]::InvariantCulture)
        unix_time = ($now.UtcTicks - 621355968000000000) / 10000000
        service = Get-ServiceName
    }
    if ($TaskId) { $line.task_id = $TaskId }
    if ($SessionId) { $line.session_id = $SessionId }
    if ($PersonaId) { $line.persona_id = $PersonaId }
    if ($Known -cnotcontains $EventType) { $line.unknown_type = $true }
    $line.payload = $Payload
    $said = ConvertTo-Json -InputObject $Payload -Compress -Depth 20
    if ([System.Text.Encoding]::UTF8.GetByteCount($said) -gt $MostBytes) {
        $line.cut_bytes = [System.Text.Encoding]::UTF8.GetByteCount($said)
        $line.payload = @{ beginning = $said.Substring(0, $MostBytes / 4) }
    }
    $line.writer = [guid]::NewGuid().ToString('N').Substring(0, 8)
    $line.seq = 1
    return ConvertTo-Json -InputObject $line -Compress -Depth 21
}

function Open-Log([string] $Path) {
    [void] [System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Path))
    $deadline = [DateTime]::UtcNow.AddSeconds($WaitSeconds)
    while ($true) {
        try {
            return [System.IO.File]::Open($Path, 'OpenOrCreate', 'ReadWrite', 'None')
        }
        catch [System.IO.IOException] {
            if ([DateTime]::UtcNow -gt $deadline) { throw }
            Start-Sleep -Milliseconds 10
        }
    }
}

function Remove-TornTail([System.IO.FileStream] $File) {
    # A writer that was killed may have left a line without its end.
    $end = $File.Length
    while ($end -gt 0) {
        [void] $File.Seek($end - 1, 'Begin')
        if ($File.ReadByte() -eq 10) { break }
        $end--
    }
    if ($end -lt $File.Length) { $File.SetLength($end) }
}

try {
    $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes((Get-Line) + "`n")
    $log = Open-Log (Get-LogPath)
    try {
        Remove-TornTail $log
        [void] $log.Seek(0, 'End')
        $log.Write($bytes, 0, $bytes.Length)
    }
    finally {
        $log.Dispose()
    }
}
catch {
    Write-Warning "emit_event: $($_.Exception.Message)" -WarningAction Continue
}
