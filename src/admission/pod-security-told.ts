import podSecurity from '../../data/benchmarks/pod-security-standards.json' with { type: 'json' };
import type { Finding } from '../engine/finding.ts';
import type { Path } from '../model/path.ts';
import type { PodSecurityResult } from '../semantics/pod-security/index.ts';

/** By control: the checks of Pod Security that have the same cause. */
const checksOf = readChecks();

function readChecks(): ReadonlyMap<string, readonly string[]> {
  const checks = new Map<string, string[]>();
  for (const { id, controls } of podSecurity.rows) {
    for (const control of controls) checks.set(control, [...(checks.get(control) ?? []), id]);
  }
  return checks;
}

const ofPod = '';

/** What Pod Security tells whoever asks, so that no control warns of the same thing in the same answer. */
export class PodSecurityTold {
  /** By check: the containers that it is about, by their place, or the pod. */
  private readonly places = new Map<string, Set<string>>();

  add(results: readonly PodSecurityResult[]): void {
    for (const { check, violations } of results) {
      this.places.set(check, new Set(violations.map(({ path }) => containerAt(path))));
    }
  }

  /** Whether one of the checks that a control answers was told of wherever the finding stands. */
  covers({ control, places }: Finding): boolean {
    if (this.places.size === 0) return false;
    return (checksOf.get(control.id) ?? []).some((check) => {
      const told = this.places.get(check);
      return told !== undefined && places.every(({ path }) => told.has(ofPod) || told.has(containerAt(path)));
    });
  }
}

/** The container in which a field stands: `initContainers.0`. */
function containerAt(path: Path): string {
  const at = path.findIndex((step) => typeof step === 'string' && /^(?:initC|ephemeralC|c)ontainers$/.test(step));
  return at === -1 ? ofPod : path.slice(at, at + 2).join('.');
}
