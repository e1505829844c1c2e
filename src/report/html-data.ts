/** What the report's page is given: `src/report/html.ts` writes it, `app.ts` shows it. Indices point into the lists. */
export interface ReportData {
  readonly controls: readonly ReportControl[];
  readonly objects: readonly ReportObject[];
  readonly findings: readonly ReportFinding[];
  readonly benchmarks: readonly ReportBenchmark[];
}

export interface ReportControl {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
}

export interface ReportObject {
  readonly kind: string;
  readonly name: string;
  /** Empty where it has none. */
  readonly namespace: string;
}

export interface ReportFinding {
  readonly control: number;
  readonly object: number;
  readonly severity: string;
  readonly message: string;
  readonly container: string;
  /** `file:line field`, the first of them where it is best mended. */
  readonly places: readonly string[];
  readonly fingerprint: string;
}

export interface ReportBenchmark {
  readonly id: string;
  readonly title: string;
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly state: string;
    readonly controls: readonly number[];
  }[];
}
