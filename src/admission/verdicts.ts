import type { Denial } from '../model/admission.ts';
import { PodSecurityTold } from './pod-security-told.ts';
import type { PolicyMode } from './policies.ts';

/** What the policies say of one request, as it comes in. */
export class Verdicts {
  readonly denials: Denial[] = [];
  readonly warnings: string[] = [];
  readonly annotations = new Map<string, string>();
  /** Policies that could not decide, each with the reason. */
  readonly open = new Map<string, string>();
  /** What Pod Security says in this answer already. */
  readonly told = new PodSecurityTold();
  private readonly audited: string[] = [];

  add(mode: PolicyMode, denial: Denial): void {
    if (mode === 'enforce') {
      this.denials.push(denial);
      return;
    }
    const text = `${denial.message} (${denial.policy})`;
    if (mode === 'warn') this.warnings.push(text);
    else this.audited.push(text);
  }

  leaveOpen(policy: string, reason: string): void {
    this.open.set(policy, reason);
  }

  /** The annotations of the audit event, with what was only to be noted. */
  auditAnnotations(): Map<string, string> {
    const annotations = new Map(this.annotations);
    if (this.audited.length > 0) annotations.set('policy-violations', this.audited.join('; '));
    if (this.open.size > 0) {
      annotations.set('undecided', [...this.open].map(([policy, reason]) => `${policy}: ${reason}`).join('; '));
    }
    return annotations;
  }
}
