import type { Alert } from '../../model/alert.ts';
import { type AlertPage, alertLines, updateLine } from './alert-lines.ts';
import { noRefusals, type Sink } from './sink.ts';

/** Incidents whose first telling is remembered: an update of one that is not is printed whole. */
const remembered = 10_000;

/** Prints alerts for a person: an incident in full once, and a line for what is folded into it later. */
export function terminalSink({
  write,
  page,
}: {
  readonly write: (text: string) => Promise<void>;
  readonly page: AlertPage;
}): Sink {
  const shown = new Map<string, Alert['severity']>();
  let isUpdate = false;
  const linesOf = (alert: Alert): readonly string[] => {
    const before = shown.get(alert.id);
    shown.delete(alert.id);
    shown.set(alert.id, alert.severity);
    if (shown.size > remembered) shown.delete(shown.keys().next().value ?? '');
    const wasUpdate = isUpdate;
    isUpdate = before === alert.severity;
    if (isUpdate) return [updateLine(alert, page)];
    return [...(wasUpdate ? [''] : []), ...alertLines(alert, page)];
  };
  return {
    name: 'terminal',
    updates: 'latest',
    batch: 50,
    async deliver(alerts) {
      await write(`${alerts.flatMap(linesOf).join('\n')}\n`);
      return noRefusals;
    },
    close: async () => undefined,
  };
}
