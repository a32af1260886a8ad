/**
 * What can be wrong with a certificate or key on disk. `reason` is for programs, the message for people; it always
 * names the file. Thrown while loading, never while serving. Any thread.
 */
export type CertificateFault =
  | 'unreadable'
  | 'not-a-certificate'
  | 'not-a-key'
  | 'encrypted'
  | 'wrong-pass-phrase'
  | 'mismatch';

export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly reason: CertificateFault;
  readonly file: string;

  constructor(reason: CertificateFault, file: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.file = file;
  }
}
