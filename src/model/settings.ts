/** What an operator may set about the controls, beyond choosing them. */
export interface Settings {
  /** `host`, `host/path`: where images may come from. Undefined: nobody has said, and the question is not asked. */
  readonly allowedRegistries: readonly string[] | undefined;
  /** RuntimeClass names that isolate more than a plain container does. */
  readonly sandboxRuntimeClasses: readonly string[];
  /** A pod with any of these labels (`key` or `key=value`) runs code that nobody here vouches for. */
  readonly untrustedLabels: readonly string[];
  /** A certificate that expires within this many days is told of; one that a component uses, and within `certificateFailDays`, is grave. */
  readonly certificateWarnDays: number;
  readonly certificateFailDays: number;
  /** A backup of etcd that is older is told of. */
  readonly backupMaxAgeHours: number;
}

export const defaultSettings: Settings = {
  allowedRegistries: undefined,
  sandboxRuntimeClasses: ['gvisor', 'runsc', 'kata', 'kata-containers', 'kata-qemu', 'kata-clh', 'kata-fc'],
  untrustedLabels: [],
  certificateWarnDays: 30,
  certificateFailDays: 7,
  backupMaxAgeHours: 24,
};
