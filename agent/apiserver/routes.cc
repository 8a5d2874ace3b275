#include "agent/apiserver/routes.h"

#include <fmt/core.h>

#include <memory>
#include <utility>

#include "agent/apiserver/body.h"
#include "agent/manifest/codec.h"
#include "agent/manifest/defaults.h"
#include "agent/manifest/validate.h"

namespace belfry::apiserver {
namespace {

// As many bytes of a generateName are used: with the suffix they fit into a label.
constexpr size_t kMostGenerated = 58;

using ResponderPtr = std::shared_ptr<http::Responder>;

// Queries that would change the answer if they were heeded are refused rather than ignored.
std::string UnsupportedQuery(const http::Request& request, bool list) {
  if (!list) return {};
  for (const char* name : {"labelSelector", "fieldSelector", "continue"}) {
    if (!request.QueryValue(name).value_or("").empty())
      return fmt::format("{}: this version does not know it", name);
  }
  const std::string watch = request.QueryValue("watch").value_or("0");
  return watch == "0" || watch == "false" || watch == "False" ? std::string()
                                                              : "watch: this version does not know it";
}

http::Response ObjectResponse(int status, const api::Object& object) {
  return http::JsonResponse(status, manifest::ToJson(object) + "\n");
}

http::Response ListResponse(const Target& target, const std::vector<api::Object>& objects,
                            uint64_t revision) {
  std::string body = fmt::format(
      R"({{"kind":"{}List","apiVersion":"{}/{}","metadata":{{"resourceVersion":"{}"}},"items":[)",
      api::KindName(target.resource->kind), target.resource->group, target.resource->version, revision);
  for (const api::Object& object : objects) {
    if (body.back() != '[') body += ',';
    manifest::AppendJson(body, object);
  }
  return http::JsonResponse(200, body + "]}\n");
}

// Asks the store on its loop and answers on the HTTP loop.
class ObjectApi : public std::enable_shared_from_this<ObjectApi> {
 public:
  ObjectApi(EventLoop& core, EventLoop& http, ApiOptions options)
      : core_(core), http_(http), options_(std::move(options)) {}

  void Serve(http::Request request, const ResponderPtr& responder) {
    const auto target = ParsePath(request.path);
    if (!target) return responder->Send(NoSuchPath());
    if (request.method == "GET" || request.method == "HEAD") return Read(request, *target, responder);
    if (!target->resource->writable) return responder->Send(MethodNotAllowed());
    if (request.method == "POST" && target->name.empty() && !target->ns.empty())
      return Create(request, *target, responder);
    if (request.method == "DELETE" && !target->name.empty()) return Delete(request, *target, responder);
    responder->Send(MethodNotAllowed());
  }

 private:
  static api::Key KeyOf(const Target& target) { return {target.resource->kind, target.ns, target.name}; }

  void Read(const http::Request& request, const Target& target, const ResponderPtr& responder) {
    const bool list = target.name.empty();
    if (const std::string why = UnsupportedQuery(request, list); !why.empty())
      return responder->Send(BadRequest(why));
    core_.Post([self = shared_from_this(), target, list, responder] {
      list ? self->List(target, responder) : self->Get(target, responder);
    });
  }

  void Get(const Target& target, const ResponderPtr& responder) {
    const api::Object* object = options_.store().Find(KeyOf(target));
    responder->Send(object == nullptr ? NotFound(target.subject()) : ObjectResponse(200, *object));
  }

  // The text of thousands of objects is not the core loop's to write.
  void List(const Target& target, const ResponderPtr& responder) {
    std::vector<api::Object> objects;
    const store::Store& store = options_.store();
    store.Visit(target.resource->kind, target.ns,
                [&](const api::Object& object) { objects.push_back(object); });
    http_.Post([target, objects = std::move(objects), revision = store.revision(), responder] {
      responder->Send(ListResponse(target, objects, revision));
    });
  }

  void Create(const http::Request& request, const Target& target, const ResponderPtr& responder) {
    auto read = ReadBody(request, target);
    if (auto* refusal = std::get_if<http::Response>(&read)) return responder->Send(std::move(*refusal));
    const bool dry_run = request.QueryValue("dryRun") == "All";
    core_.Post([self = shared_from_this(), target, dry_run, body = std::get<Body>(std::move(read)),
                responder]() mutable { self->CreateIn(target, std::move(body), dry_run, responder); });
  }

  void CreateIn(Target target, Body body, bool dry_run, const ResponderPtr& responder) {
    std::visit(
        [&](const auto& pointer) {
          auto object = *pointer;
          if (object.metadata.name.empty() && !object.metadata.generate_name.empty())
            object.metadata.name =
                object.metadata.generate_name.substr(0, kMostGenerated) + RandomSuffix(options_.random());
          target.name = object.metadata.name;
          CreateObject(target, std::move(object), body.warnings, dry_run, responder);
        },
        body.object);
  }

  // What a creation would store, but for its revision and time.
  template <class T>
  api::Object AsItWouldBe(T object) {
    object.metadata.uid = RandomUid(options_.random());
    if constexpr (std::is_same_v<T, api::Job>) manifest::CompleteJob(object);
    return std::make_shared<const T>(std::move(object));
  }

  template <class T>
  void CreateObject(const Target& target, T object, const std::vector<std::string>& warnings, bool dry_run,
                    const ResponderPtr& responder) {
    const api::Object wanted = std::make_shared<const T>(object);
    if (const auto errors = manifest::Validate(wanted); !errors.empty())
      return responder->Send(Invalid(target.subject(), errors));
    store::Store& store = options_.store();
    if (store.Find(KeyOf(target)) != nullptr) return responder->Send(AlreadyExists(target.subject()));
    if (const auto admitted = options_.admit ? options_.admit(wanted) : Result<void>(); !admitted)
      return responder->Send(FromError(target.subject(), admitted.error()));
    http::Response response;
    if (dry_run) {
      response = ObjectResponse(201, AsItWouldBe(std::move(object)));
      AddWarnings(warnings, response);
      return responder->Send(std::move(response));
    }
    const auto created = store.Create(std::move(object));
    if (!created) return responder->Send(FromError(target.subject(), created.error()));
    response = ObjectResponse(201, *created);
    AddWarnings(warnings, response);
    SendOnceDurable(target, std::move(response), responder);
  }

  void Delete(const http::Request& request, const Target& target, const ResponderPtr& responder) {
    auto read = ReadDeleteOptions(request);
    if (auto* refusal = std::get_if<http::Response>(&read)) return responder->Send(std::move(*refusal));
    core_.Post([self = shared_from_this(), target, options = std::get<DeleteOptions>(std::move(read)),
                responder] { self->DeleteIn(target, options, responder); });
  }

  void DeleteIn(const Target& target, const DeleteOptions& options, const ResponderPtr& responder) {
    store::Store& store = options_.store();
    const api::Object* object = store.Find(KeyOf(target));
    if (object == nullptr) return responder->Send(NotFound(target.subject()));
    const api::Object before = *object;
    const api::ObjectMeta& meta = api::MetaOf(before);
    if (!options.resource_version.empty() &&
        options.resource_version != std::to_string(meta.resource_version)) {
      return responder->Send(
          Conflict(target.subject(), fmt::format("Precondition failed: ResourceVersion in precondition: {}, "
                                                 "ResourceVersion in object meta: {}",
                                                 options.resource_version, meta.resource_version)));
    }
    if (!options.uid.empty() && options.uid != meta.uid) {
      return responder->Send(
          Conflict(target.subject(),
                   fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}",
                               options.uid, meta.uid)));
    }
    if (options.dry_run) return responder->Send(ObjectResponse(200, before));
    if (const auto removed = options_.remove(KeyOf(target), options); !removed)
      return responder->Send(FromError(target.subject(), removed.error()));
    const api::Object* left = store.Find(KeyOf(target));
    SendOnceDurable(target,
                    left == nullptr ? Success(target.subject(), meta.uid) : ObjectResponse(200, *left),
                    responder);
  }

  // What was answered is on disk.
  void SendOnceDurable(const Target& target, http::Response response, const ResponderPtr& responder) {
    options_.store().AfterCommit(
        [target, response = std::move(response), responder](const Result<void>& written) {
          responder->Send(written ? response : FromError(target.subject(), written.error()));
        });
  }

  EventLoop& core_;
  EventLoop& http_;
  ApiOptions options_;
};

}  // namespace

void AddRoutes(http::Router& router, EventLoop& core, EventLoop& http, ApiOptions options) {
  const auto api = std::make_shared<ObjectApi>(core, http, std::move(options));
  const http::Handler serve = [api](http::Request request, const ResponderPtr& responder) {
    api->Serve(std::move(request), responder);
  };
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    router.Handle(method, "/apis/{rest...}", serve);
}

}  // namespace belfry::apiserver
