/** Findings that somebody has decided to live with, for a time. */
export interface Exception {
  /** Id of a control, or a pattern with `*`: `pods/host-network`, `network-policies/*`. */
  readonly control: string;
  /** Every field that is given must match; `*` stands for any run of characters. Absent: every object. */
  readonly object?: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  /** Name of a container, with `*` as above. */
  readonly container?: string;
  /** Path of the field to blame, as reports print it: `spec.template.spec.hostNetwork`; what lies below it matches, too. */
  readonly path?: string;
  readonly reason: string;
  readonly owner: string;
  /** RFC 3339 date or time; it holds through the whole of that day (UTC) where no time is given. */
  readonly expires: string | undefined;
  readonly origin: ExceptionOrigin;
}

export interface ExceptionOrigin {
  readonly by: 'configuration' | 'annotation' | 'comment' | 'peer';
  /** Where it stands, for people: `bulwark.yaml:12`, `Deployment shop/web annotation ignore-check.kube-linter.io/x`. */
  readonly place: string;
}
