import type { FileEvidence } from './node.ts';
import type { Path } from './path.ts';
import type { KubeObject } from './snapshot.ts';

/**
 * The kubeconfigs of the user who runs Bulwark, credentials redacted as they are read: of a token its claims are kept,
 * of a key and a password nothing.
 */
export interface KubeconfigEvidence {
  readonly home: string;
  /** Of the user who runs Bulwark; absent where files have no owners and modes. */
  readonly uid?: number;
  /** The files that kubectl merges, in its order: of `KUBECONFIG`, or the default one. */
  readonly merged: readonly string[];
  /** The kubeconfigs with their text, what they name, the kuberc file, and the folders that they are in. */
  readonly files: readonly FileEvidence[];
  readonly tokens: readonly TokenEvidence[];
  /** Variables with a telling name that a credential plugin is given a value for. */
  readonly variables: readonly { readonly file: string; readonly user: string; readonly name: string }[];
  /** Kubeconfigs inside a git work tree that does not ignore them. */
  readonly unignored: readonly string[];
}

/** What a user's token says of itself, not verified. */
export interface TokenEvidence {
  /** The kubeconfig, and the name of the user entry. */
  readonly file: string;
  readonly user: string;
  readonly claims: TokenClaims | 'opaque';
}

/** Of a JSON web token (RFC 7519): the claims that say whose it is and for how long. */
export interface TokenClaims {
  readonly subject?: string;
  readonly issuer?: string;
  readonly audience?: readonly string[];
  /** Seconds since the epoch. */
  readonly expires?: number;
  readonly issued?: number;
  /** Names and groups by the claims that OIDC providers put them in. */
  readonly name?: string;
  readonly groups?: readonly string[];
}

/** A kubeconfig as client-go decodes it. */
export interface Kubeconfig {
  /** On the node or machine. */
  readonly path: string;
  readonly object: KubeObject;
  readonly file: FileEvidence;
  /** Where it is one of the user's own. */
  readonly own?: OwnKubeconfig;
  readonly clusters: readonly KubeconfigCluster[];
  readonly users: readonly KubeconfigUser[];
  readonly contexts: readonly KubeconfigContext[];
  readonly currentContext: string;
  /** What client-go ignores or refuses. */
  readonly problems: readonly KubeconfigProblem[];
  /** The file at a path of the kubeconfig, relative ones against its folder. */
  readonly resolve: (path: string) => {
    readonly path: string;
    readonly file: FileEvidence | undefined;
    readonly unread: string | undefined;
  };
}

export interface OwnKubeconfig {
  readonly evidence: KubeconfigEvidence;
  /** Position among the files that kubectl merges; absent for one that lies beside them. */
  readonly order?: number;
  readonly kuberc?: Kuberc;
  /** Entries that a file before this one hides. */
  readonly hidden: readonly {
    readonly list: EntryList;
    readonly name: string;
    readonly by: string;
    readonly at: Path;
  }[];
}

/** What a user's kuberc file (kubectl.config.k8s.io Preference, from v1.35) says of credential plugins. */
export interface Kuberc {
  readonly object: KubeObject;
  readonly policy: string;
  /** Undefined where there is no list; the empty string for an entry without a command. */
  readonly allowed?: readonly string[];
}

export type EntryList = 'clusters' | 'users' | 'contexts';

export interface KubeconfigProblem {
  readonly kind: 'ignored' | 'refused';
  readonly message: string;
  readonly at: Path;
}

interface Entry {
  readonly name: string;
  /** Of the entry's `cluster`, `user` or `context`. */
  readonly at: Path;
}

export interface KubeconfigCluster extends Entry {
  /** As it is written. */
  readonly server: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly authority?: Reference;
  readonly tlsServerName: string;
  readonly proxyUrl: string;
}

/** A file by its path, or the content itself; the content wins where both are set. */
export interface Reference {
  readonly path?: string;
  /** Decoded text of the `-data` field; the empty string where it is not base64. */
  readonly data?: string;
  readonly at: Path;
}

export interface KubeconfigUser extends Entry {
  readonly certificate?: Reference;
  /** Whether there is a key, and in which file where it is in one. */
  readonly key?: { readonly path?: string };
  readonly token: boolean;
  readonly tokenFile: string;
  /** Of `token`, or of what `tokenFile` names; absent where the token was not kept. */
  readonly claims?: TokenClaims | 'opaque';
  readonly username: string;
  readonly password: boolean;
  readonly authProvider?: { readonly name: string; readonly keys: readonly string[] };
  readonly exec?: ExecPlugin;
  readonly as: string;
  readonly asUid: string;
  readonly asGroups: readonly string[];
  readonly asExtra: readonly string[];
}

export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly apiVersion: string;
  readonly interactiveMode: string;
  readonly provideClusterInfo: boolean;
  /** Whether variables are set for it, and those of them with a telling name, where they were kept. */
  readonly hasVariables: boolean;
  readonly secretVariables?: readonly string[];
}

export interface KubeconfigContext extends Entry {
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
}
