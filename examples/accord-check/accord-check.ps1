# accord-check QUESTION.json : may this be shared, now? For systems that cannot be changed. Windows PowerShell 5.1 and PowerShell 7.
#   exit 0  permit, and every mandatory obligation is one that ACCORD_FULFILS names
#   exit 1  deny, or an obligation that you do not fulfil
#   exit 2  could not be asked: no answer is no permission
# The id of the decision stands on stdout (0 and 1), why not on stderr. QUESTION.json is an AuthZEN evaluation (docs/authzen-profile.md).
# ACCORD_URL, ACCORD_TOKEN or ACCORD_TOKEN_FILE, ACCORD_FULFILS and ACCORD_TIMEOUT are those of accord-check.sh.
param([string] $Question)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Stop-Check([int] $Code, [string] $Why) {
  [Console]::Error.WriteLine("accord-check: $Why")
  exit $Code
}

function Get-Member-Or-Null($Of, [string] $Name) {
  if ($null -ne $Of -and $Of.PSObject.Properties.Name -contains $Name) { return $Of.$Name }
  return $null
}

try {
  if (-not $env:ACCORD_URL -or -not (Test-Path -LiteralPath $Question)) { throw 'usage: accord-check QUESTION.json, with ACCORD_URL' }
  $token = $env:ACCORD_TOKEN
  if (-not $token -and $env:ACCORD_TOKEN_FILE) { $token = (Get-Content -LiteralPath $env:ACCORD_TOKEN_FILE -Raw).Trim() }
  if ($token -notmatch '^[A-Za-z0-9._~+/=-]+$') { throw 'ACCORD_TOKEN is not a token' }
  $timeout = 10
  if ($env:ACCORD_TIMEOUT) { $timeout = [int] $env:ACCORD_TIMEOUT }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  $reply = Invoke-WebRequest -UseBasicParsing -Method Post -MaximumRedirection 0 -TimeoutSec $timeout `
    -Uri ($env:ACCORD_URL.TrimEnd('/') + '/access/v1/evaluation') -ContentType 'application/json' `
    -Headers @{ authorization = "Bearer $token" } -Body ([IO.File]::ReadAllBytes((Resolve-Path -LiteralPath $Question).ProviderPath))
  if ($reply.StatusCode -ne 200) { throw "Accord answered $($reply.StatusCode)" }
  $answer = $reply.Content | ConvertFrom-Json
  $decision = Get-Member-Or-Null $answer 'decision'
  $context = Get-Member-Or-Null $answer 'context'
  $id = Get-Member-Or-Null $context 'evaluation_id'
  if ($decision -isnot [bool] -or $id -isnot [string] -or $id -notmatch '^[0-9a-f-]+$') { throw 'this is no decision' }
  if ($decision -and $null -eq $context.PSObject.Properties['obligations']) { throw 'the obligations are missing' }
} catch {
  Stop-Check 2 $_.Exception.Message
}

Write-Output $id
if (-not $decision) { Stop-Check 1 "deny $(Get-Member-Or-Null $context 'reason')" }
$fulfils = @()
if ($env:ACCORD_FULFILS) { $fulfils = $env:ACCORD_FULFILS -split ' ' }
foreach ($obligation in @($context.obligations)) {
  $code = Get-Member-Or-Null $obligation 'code'
  if ($fulfils -cnotcontains $code) { Stop-Check 1 "deny, you do not fulfil $code" }
}
exit 0
