/** What a policy can be made for, by name; see `profileRules`. */
export const auditProfiles = ['cis', 'nsa', 'low-cost'] as const;
export type AuditProfile = (typeof auditProfiles)[number];

/** How the API server is run, as far as its audit log is concerned; see `serverAdvice`. */
export const auditTargets = ['kubeadm', 'k3s', 'rke2', 'eks', 'gke', 'aks', 'openshift'] as const;
export type AuditTarget = (typeof auditTargets)[number];
