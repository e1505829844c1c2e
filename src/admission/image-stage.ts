import { formatImageReference, type ImageReference, isUnder, parseImageReference } from '../model/image-reference.ts';
import { formatPath } from '../model/path.ts';
import type { KubeObject } from '../model/snapshot.ts';
import { wordList } from '../model/word-list.ts';
import { readWorkload } from '../model/workload.ts';
import type { RequestExceptions } from './exceptions.ts';
import type { ImageRules } from './policies.ts';
import type { Verdicts } from './verdicts.ts';

/** The ids by which exceptions name what the rules for images find. */
export const imageRuleIds = ['images/name', 'images/registry', 'images/digest', 'images/tag'] as const;

interface ImageOffence {
  readonly id: (typeof imageRuleIds)[number];
  /** What is wrong, after the image's name. */
  readonly says: string;
}

/** Holds the images of a pod, or of what makes pods, against the rules. */
export function judgeImages(
  object: KubeObject,
  rules: ImageRules,
  { exceptions, verdicts }: { readonly exceptions: RequestExceptions; readonly verdicts: Verdicts },
): void {
  for (const { pod } of readWorkload(object)?.templates ?? []) {
    for (const container of pod.containers) {
      // A template may leave the image to whoever completes it; the pod is judged again.
      if (container.image === undefined || container.image === '') continue;
      for (const { id, says } of offencesOf(container.image, rules)) {
        const path = formatPath(container.at('image'));
        if (exceptions.covers({ id, container: container.name, path })) continue;
        verdicts.add(rules.mode, {
          policy: `policy ${id}`,
          message: `container ${container.name}: image ${container.image.slice(0, 300)} ${says}`,
          container: container.name,
          code: 403,
          reason: 'Forbidden',
        });
      }
    }
  }
}

function offencesOf(text: string, rules: ImageRules): readonly ImageOffence[] {
  const image = parseImageReference(text);
  // The kubelet would not start it, and what a rule would say of it nobody knows.
  if (image === undefined) return [{ id: 'images/name', says: 'is not the name of an image' }];
  const offences: ImageOffence[] = [];
  const from = registryOffence(image, rules);
  if (from !== undefined) offences.push({ id: 'images/registry', says: from });
  if (rules.requireDigest && image.digest === undefined) {
    offences.push({ id: 'images/digest', says: 'has no digest' });
  }
  const tag = image.tag ?? (image.digest === undefined ? 'latest' : undefined);
  if (tag !== undefined && rules.forbidTags.includes(tag)) {
    offences.push({
      id: 'images/tag',
      says: image.tag === undefined ? `has no tag, which means ${tag}` : `has the tag ${tag}`,
    });
  }
  return offences;
}

/** What is denied stays so, whatever else allows it. */
function registryOffence(image: ImageReference, { allow, deny }: ImageRules): string | undefined {
  const denied = deny.find((prefix) => isUnder(image.repository, prefix));
  if (denied !== undefined) return `comes from ${denied}, which is denied`;
  if (allow.length === 0 || allow.some((prefix) => isUnder(image.repository, prefix))) return undefined;
  const name = formatImageReference({ ...image, tag: undefined, digest: undefined });
  return `is ${name}, which is not of ${wordList(allow.slice(0, 6))}${allow.length > 6 ? ' and others' : ''}`;
}
