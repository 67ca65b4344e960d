// When somebody else was faster: the server refuses a change that was made in ignorance of the newest version.
import { ApiError } from "./api.ts";

export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 412 || error.status === 409);
}
