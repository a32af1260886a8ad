/** What is said at a command line and means nothing there: the usage follows, and exit code 2. */
export class WrongWords extends Error {}
