/** What a run of tap counted: assertions, as tap counts them. */
export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Turns raw TAP, fed line by line, into a line per test file and, for each failed assertion, its path and diagnosis.
 * Our own, because the reporters of tap swallow what a crashing file writes to its standard error.
 *
 * @see https://testanything.org/tap-version-14-specification.html
 */
export function tapReport(print: (line: string) => void) {
  const titles: string[] = []
  let deepest = 0
  let failures: string[] = []
  let isDiagnosing = false
  let summary = ''

  const point = (indent: number, isFailure: boolean, title: string) => {
    // The points of a subtest come before the point of its parent, which only sums them up.
    const isSum = indent < deepest
    deepest = indent
    isDiagnosing = false
    if (indent === 0) {
      print(`${isFailure ? 'FAIL' : 'ok  '} ${title}`)
      failures.forEach(print)
      failures = []
    } else if (isFailure && !isSum) {
      failures.push('', `     ${[...titles.slice(1, indent / 4), title].join(' > ')}`)
      isDiagnosing = true
    }
  }

  return {
    line(text: string): void {
      const found = /^( *)(not )?ok \d+ - (.*)$/.exec(text)
      if (/^# \{ total: .*\}$/.test(text)) summary = text
      else if (found && !/ # (SKIP|TODO)\b/i.test(text)) point(found[1]?.length ?? 0, found[2] !== undefined, withoutTime(found[3] ?? ''))
      else if (isDiagnosing && /^ *\.\.\.$/.test(text)) isDiagnosing = false
      else if (isDiagnosing && !/^ *---$/.test(text)) failures.push(`     ${text.slice(deepest)}`)
      const subtest = /^( *)# Subtest: (.*)$/.exec(text)
      if (subtest) titles[(subtest[1]?.length ?? 0) / 4] = subtest[2] ?? ''
    },
    /** Counts what was read. A run that ended badly without a failed assertion counts as one failure, so that no sum can hide it. */
    totals(exitCode: number): Totals {
      const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
      const failed = count('fail')
      return { passed: count('pass'), failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped: count('skip') }
    },
  }
}

function withoutTime(title: string): string {
  return title.replace(/ # time=(\d+)(?:\.\d+)?ms$/, ' ($1 ms)')
}
