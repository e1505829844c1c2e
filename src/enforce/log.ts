/** One line of the log. Values are plain, and never what an object or a header holds besides its names. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type LogLevel = 'info' | 'warning' | 'error';

export interface Log {
  write(level: LogLevel, message: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Takes one line with its end. */
  readonly write: (line: string) => void;
  readonly now: () => Date;
  /** Lines a second; those beyond are counted, and told of in the next second. */
  readonly perSecond: number;
}

const longestText = 600;

/**
 * A log of JSON lines: `time`, `level`, `message`, then what they are about. Bounded, since whoever is refused
 * decides how often.
 */
export function createLog({ write, now, perSecond }: LogOptions): Log {
  let second = 0;
  let written = 0;
  let left = 0;
  const line = (time: Date, level: LogLevel, message: string, fields: LogFields): void => {
    const short = Object.entries(fields).map(([key, value]) => [key, shortened(value)] as const);
    write(`${JSON.stringify({ time: time.toISOString(), level, message, ...Object.fromEntries(short) })}\n`);
  };
  return {
    write(level, message, fields = {}) {
      const time = now();
      const current = Math.floor(time.getTime() / 1000);
      if (current !== second) {
        if (left > 0) line(time, 'warning', 'lines were left out', { count: left });
        second = current;
        written = 0;
        left = 0;
      }
      if (written >= perSecond && level !== 'error') {
        left += 1;
        return;
      }
      written += 1;
      line(time, level, message, fields);
    },
  };
}

function shortened(value: LogFields[string]): LogFields[string] {
  if (typeof value === 'string') return cut(value);
  return Array.isArray(value) ? value.slice(0, 20).map((item) => cut(String(item))) : value;
}

function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}
