import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { debianTool } from './tools/debian.ts';
import { type Tool, type ToolName, toolPlaces } from './tools/places.ts';

export type { Tool, ToolName } from './tools/places.ts';

/**
 * Finds a program: in PATH, else in Debian's packages, which are unpacked into a cache folder and not installed.
 * Throws one message with the remedy if neither works.
 */
export async function tool(name: ToolName): Promise<Tool> {
  const installed = await toolInPath(name);
  if (installed) return installed;
  try {
    return await debianTool(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const names = toolPlaces[name].commands.join(' or ');
    throw new Error(
      `${names} is neither in PATH nor to be had from Debian's packages (${reason}). ` +
        `Remedy: put ${names} into PATH; on Debian or Ubuntu: sudo apt-get install ${toolPlaces[name].packages[0]}.`,
    );
  }
}

export async function toolInPath(
  name: ToolName,
  path = process.env['PATH'] ?? '',
): Promise<Tool | undefined> {
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    for (const command of toolPlaces[name].commands) {
      const file = join(folder, command);
      if (await isProgram(file)) return { path: file, origin: 'PATH', env: {} };
    }
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
