import type { Path } from '../../model/path.ts';
import type { EncryptionState } from '../storage/drivers.ts';
import type { CiliumFeature } from './cilium-features.ts';

export type EncryptionMethod = 'WireGuard' | 'IPsec' | 'ztunnel' | 'NaCl';

/** What a network plugin's configuration says of the traffic between nodes. */
export interface PluginEncryption {
  /** Of traffic between pods of different nodes. */
  readonly state: EncryptionState;
  /** Why: "enable-wireguard is not \"true\"". */
  readonly says: string;
  readonly method?: EncryptionMethod;
  /** Where the switch is, in the object that holds the configuration. */
  readonly at: Path;
  /** What is left in plain text although it is on. */
  readonly gaps: readonly EncryptionGap[];
  /** What the configuration turns off, without which some flaws do no harm. */
  readonly lacks?: ReadonlySet<CiliumFeature>;
}

export interface EncryptionGap {
  readonly key: string;
  readonly says: string;
  readonly at: Path;
  /** `flaw`: it does not do what it was set up for. `part`: it does, and does not reach that far. */
  readonly kind: 'flaw' | 'part';
}
