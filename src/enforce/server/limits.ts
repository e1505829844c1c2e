/** Longest body of a review: an update carries an object of up to 3 MiB twice, with what managers write beside it. */
export const maxBodyBytes = 7 * 1024 * 1024;

/** Bodies up to here are read at once; larger ones wait for their turn, so that nobody waits behind them. */
export const smallBodyBytes = 256 * 1024;

/** The API server's own bound, and its default, in milliseconds. */
export const longestTimeout = 30_000;
export const defaultTimeout = 10_000;

/** Longer than the 90 s that Go keeps an idle connection: the side that sends must be the one to close it. */
export const keepAliveTimeout = 120_000;

export interface LaneLimits {
  /** Of bodies that are read or judged at one time. */
  readonly bytes: number;
  /** Calls that wait for room; one more is turned away. */
  readonly waiting: number;
}

export const smallLane: LaneLimits = { bytes: 16 * 1024 * 1024, waiting: 1024 };
/** Two of the longest: what is being received costs time as well. */
export const largeLane: LaneLimits = { bytes: 2 * maxBodyBytes, waiting: 256 };
