/** Longest body of a review: an update carries an object of up to 3 MiB twice, with what managers write beside it. */
export const maxBodyBytes = 7 * 1024 * 1024;

/** Bodies up to here are read at once; larger ones wait for their turn, so that nobody waits behind them. */
export const smallBodyBytes = 256 * 1024;

/** Bodies up to here are what most reviews have; they have room of their own, which no longer ones can hold. */
export const usualBodyBytes = 16 * 1024;

/** Connections at one time, and those of one address: an API server opens one for each review that it waits for. */
export const mostConnections = 2048;
export const mostConnectionsOfOne = mostConnections / 2;

/** A body comes at this rate at least, once it had `graceTime` to begin: in bytes a second, and milliseconds. */
export const slowestRate = 512 * 1024;
export const graceTime = 1_000;

/** The API server's own bound, and its default, in milliseconds. */
export const longestTimeout = 30_000;
export const defaultTimeout = 10_000;

/** Longer than the 90 s that Go keeps an idle connection: the side that sends must be the one to close it. */
export const keepAliveTimeout = 120_000;

export interface LaneLimits {
  /** Of bodies that are read or judged at one time, as long as they are announced. */
  readonly bytes: number;
  /** Calls that wait for room; one more is turned away. */
  readonly waiting: number;
}

export const usualLane: LaneLimits = { bytes: 16 * 1024 * 1024, waiting: 1024 };
export const smallLane: LaneLimits = { bytes: 16 * 1024 * 1024, waiting: 1024 };
/** Two of the longest: what is being received costs time as well. */
export const largeLane: LaneLimits = { bytes: 2 * maxBodyBytes, waiting: 512 };
