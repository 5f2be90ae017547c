import { API_URL } from '../api/client';
import { CONFIG } from '../config';
import { curlCommand } from '../format/curl';
import { CopyButton } from './copy';

/** Copies the request behind what is shown as a command. */
export function CopyCurl({ path }: { path: string }) {
  return (
    <CopyButton
      text={() => curlCommand(`${API_URL}${path}`, CONFIG.auth === 'tokens')}
      label="curl"
      what="the request as a command"
    />
  );
}
