/** The real worker, which throws outside of any request as soon as a file `fault` stands in the ServerRoot. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServeTask } from '../../edge/process/messages.js';
import { serve as realServe } from '../../edge/serve.js';

export function serve(task: ServeTask): Promise<void> {
  const file = join(task.settings.serverRoot, 'fault');
  const timer = setInterval(() => {
    if (!existsSync(file)) return;
    rmSync(file, { force: true });
    throwOutside();
  }, 20);
  return realServe(task).finally(() => clearInterval(timer));
}

function throwOutside(): never {
  throw new Error('thrown outside of any request');
}
