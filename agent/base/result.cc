#include "agent/base/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace belfry {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "belfry: %s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "Invalid";
    case Code::kNotFound:
      return "NotFound";
    case Code::kAlreadyExists:
      return "AlreadyExists";
    case Code::kConflict:
      return "Conflict";
    case Code::kPermissionDenied:
      return "PermissionDenied";
    case Code::kTooLarge:
      return "TooLarge";
    case Code::kFailedPrecondition:
      return "FailedPrecondition";
    case Code::kUnavailable:
      return "Unavailable";
    case Code::kResourceExhausted:
      return "ResourceExhausted";
    case Code::kTimeout:
      return "Timeout";
    case Code::kCancelled:
      return "Cancelled";
    case Code::kUnsupported:
      return "Unsupported";
    case Code::kInternal:
      return "Internal";
  }
  return "Internal";
}

Error Annotate(Error error, std::string_view what) {
  error.message = std::string(what) + ": " + error.message;
  return error;
}

namespace {

Code CodeOfErrno(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::kResourceExhausted;
    case EAGAIN:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
      return Code::kUnavailable;
    case ETIMEDOUT:
      return Code::kTimeout;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return Code::kInvalid;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Error ErrnoError(std::string_view what, int error_number) {
  return {CodeOfErrno(error_number),
          std::string(what) + ": " + std::generic_category().message(error_number)};
}

Error ErrnoError(std::string_view what) { return ErrnoError(what, errno); }

}  // namespace belfry
