export { describeEvent, type EventDescription, targetText } from './describe.ts';
export { readAuditEvent } from './event.ts';
export { eventsIn, isLinePrefix } from './events-in.ts';
export { runsLong } from './outcome.ts';
export { parseTimestamp } from './timestamp.ts';
