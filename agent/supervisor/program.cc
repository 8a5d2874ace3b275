#include "agent/supervisor/program.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace belfry::supervisor {
namespace {

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

Result<void> CheckTexts(const StartRequest& request) {
  if (request.argv.empty() || request.argv.front().empty()) {
    return Error{Code::kInvalid, "exec: the container has no command"};
  }
  for (size_t i = 0; i < request.argv.size(); ++i) {
    if (HasNul(request.argv[i])) {
      return Error{Code::kInvalid, "exec: argument " + std::to_string(i) + " contains a NUL byte"};
    }
  }
  for (const auto& [name, value] : request.env) {
    if (HasNul(name) || HasNul(value)) {
      return Error{Code::kInvalid,
                   "exec: environment variable " + name.substr(0, name.find('\0')) + " contains a NUL byte"};
    }
  }
  if (HasNul(request.working_dir)) return Error{Code::kInvalid, "chdir: the path contains a NUL byte"};
  return {};
}

std::string_view PathOf(const StartRequest& request) {
  const auto it = std::find_if(request.env.rbegin(), request.env.rend(),
                               [](const auto& variable) { return variable.first == "PATH"; });
  return it == request.env.rend() ? std::string_view(kDefaultPath) : std::string_view(it->second);
}

// An empty element of PATH means the working directory.
std::vector<std::string> Search(std::string_view path, const std::string& name) {
  std::vector<std::string> candidates;
  for (;;) {
    const size_t colon = path.find(':');
    const std::string folder(path.substr(0, colon));
    candidates.push_back((folder.empty() ? "." : folder) + "/" + name);
    if (colon == std::string_view::npos) return candidates;
    path.remove_prefix(colon + 1);
  }
}

std::string Cause(const std::string& file, int error_number) {
  struct stat st {};
  const bool exists = ::stat(file.c_str(), &st) == 0;
  if (error_number == EACCES && exists && S_ISDIR(st.st_mode)) return std::strerror(EISDIR);
  std::string cause = std::strerror(error_number);
  if (error_number == ENOENT && exists) cause += " (the file is there, the interpreter that it names is not)";
  return cause;
}

}  // namespace

Result<Program> MakeProgram(const StartRequest& request) {
  RETURN_IF_ERROR(CheckTexts(request));
  Program program{.argv = request.argv,
                  .env = {},
                  .candidates = {},
                  .working_dir = request.working_dir.empty() ? "/" : request.working_dir,
                  .searched = request.argv.front().find('/') == std::string::npos};
  program.env.reserve(request.env.size());
  for (const auto& [name, value] : request.env) program.env.push_back(name + "=" + value);
  if (program.searched) {
    program.candidates = Search(PathOf(request), request.argv.front());
  } else {
    program.candidates = {request.argv.front()};
  }
  return program;
}

std::string ExecErrorText(const Program& program, size_t candidate, int error_number) {
  const std::string& name = program.argv.front();
  if (program.searched && error_number == ENOENT) {
    return "exec " + name + ": " + std::strerror(ENOENT) + " (looked for in the container's PATH)";
  }
  const std::string& file = program.candidates[candidate];
  // A relative name is relative to the working directory of the container, not to ours.
  const bool relative = !file.starts_with('/');
  return "exec " + file + ": " + Cause(relative ? program.working_dir + "/" + file : file, error_number);
}

}  // namespace belfry::supervisor
