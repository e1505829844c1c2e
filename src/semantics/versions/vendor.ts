/*
 * A version as a maker writes it is a number and what the maker adds: `v1.29.3-eks-adc7111`, `v1.28.9+k3s1`,
 * `v1.25.4+77bec7a`, `3.5.16-0`. Some builds are what upstream released; others hold fixes without a number of their own.
 */

/** What stands behind the number: of `v1.29.3-eks-adc7111`, `-eks-adc7111`. */
function suffixOf(version: string): string {
  return /^v?\d+(?:\.\d+)*(.*)$/s.exec(version)?.[1] ?? '';
}

/**
 * Parts of a suffix that change nothing: prereleases, the numbers of k3s and RKE2, revisions of an image, and what it was
 * built for or upon.
 */
const upstream =
  /^(?:[-.+]?(?:alpha|beta|rc|pre)[.\w]*|[-+](?:k3s|rke2r?)\d+|-\d+(?:\.\d+)?|-(?:amd64|arm64|alpine|distroless|debian|rootless|chroot))$/i;

/** Whether the maker of a build may have put fixes into it that its number does not tell. */
export function isVendorBuild(version: string): boolean {
  const suffix = suffixOf(version);
  return suffix !== '' && suffix.split(/(?=[-+])/).some((part) => !upstream.test(part));
}
