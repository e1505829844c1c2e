import type { FoundCertificate } from '../model/certificate.ts';
import type { NodeEvidence } from '../model/node.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { kubeconfigCertificates, nodeCertificates } from '../semantics/certificates/node-inventory.ts';
import { objectCertificates } from '../semantics/certificates/object-inventory.ts';
import { ChainVerifier } from '../semantics/certificates/verify.ts';
import { defineFact } from './facts.ts';
import { nodeKubeconfigs, ownKubeconfigs } from './kubeconfigs.ts';
import { readNode } from './nodes.ts';

/** The certificates of a node. Only the last node's are kept, as with `readNode`. */
export const certificatesOfNode = defineFact(
  'certificates-of-node',
  (facts): ((node: NodeEvidence) => readonly FoundCertificate[]) => {
    const verifier = new ChainVerifier();
    let last: { readonly node: NodeEvidence; readonly found: readonly FoundCertificate[] } | undefined;
    return (node) => {
      if (last?.node === node) return last.found;
      const { components } = facts.get(readNode)(node);
      const kubeconfigs = facts.get(nodeKubeconfigs)(node);
      last = { node, found: nodeCertificates({ node, components, kubeconfigs }, verifier) };
      return last.found;
    };
  },
);

/** The certificates of an object of the API. */
export const certificatesOfObject = defineFact(
  'certificates-of-object',
  (): ((object: KubeObject) => readonly FoundCertificate[]) => objectCertificates,
);

/** The certificates in the kubeconfigs of the user who runs Bulwark. */
export const ownCertificates = defineFact('own-certificates', (facts): readonly FoundCertificate[] =>
  kubeconfigCertificates(facts.get(ownKubeconfigs)),
);
