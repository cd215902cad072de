/** Tells the instant it is called at. Every rule takes one (or an instant) as an argument, so that a test can fix the time. */
export type Clock = () => Date

/**
 * The machine's own clock. Only the composition root (app.ts, main.ts, the command line) may hand it out:
 * a rule that reads it for itself cannot be tested, replayed or simulated.
 */
export const systemClock: Clock = () => new Date()
