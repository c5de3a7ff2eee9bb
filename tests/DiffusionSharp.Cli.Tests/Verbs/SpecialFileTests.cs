using DiffusionSharp.Cli.Tests.Kit;
using TestKit.Files;

namespace DiffusionSharp.Cli.Tests.Verbs;

/// <summary>A named pipe as any input: every verb says so and ends; opened, it would wait for a writer and hear no signal.</summary>
public sealed class SpecialFileTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    public static TheoryData<ErrorKind, string> Verbs => new()
    {
        { ErrorKind.ModelFile, "sample --model PIPE" },
        { ErrorKind.Data, "sample --model MODEL --init PIPE" },
        { ErrorKind.Data, "sample --model MODEL --init-image PIPE" },
        { ErrorKind.Data, "sample --model MODEL --init-image PIPE.png" },
        { ErrorKind.Data, "sample --from PIPE.png" },
        { ErrorKind.Configuration, "sample --config PIPE" },
        { ErrorKind.ModelFile, "plan --model PIPE" },
        { ErrorKind.ModelFile, "export --model PIPE --out x.onnx" },
        { ErrorKind.ModelFile, "convert PIPE OUT" },
        { ErrorKind.Data, "predict --input PIPE --timesteps 1 --output x.npy --model MODEL" },
        { ErrorKind.Data, "invert PIPE --model MODEL" },
        { ErrorKind.Data, "invert PIPE.png --model MODEL" },
        { ErrorKind.Data, "reconstruct PIPE --model MODEL" },
        { ErrorKind.Data, "data check PIPE" },
        { ErrorKind.Data, "inspect PIPE" },
        { ErrorKind.Data, "score PIPE" },
        { ErrorKind.Data, "train PIPE --dry-run" },
        { ErrorKind.ModelFile, "train builtin:shapes --from PIPE --dry-run" },
        { ErrorKind.Storage, "train --out RUN" },
        { ErrorKind.Storage, "sample --model RUN" },
    };

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_refuses_it(ErrorKind kind, string command)
    {
        Directory.CreateDirectory(scratch["run"]);
        var paths = new Dictionary<string, string>
        {
            ["PIPE"] = NamedPipe.Create(scratch["pipe"]),
            ["PIPE.png"] = NamedPipe.Create(scratch["pipe.png"]),
            ["MODEL"] = TinyModel.Save(scratch["model"]),
            ["OUT"] = scratch["out"],
            ["RUN"] = scratch["run"],
        };
        NamedPipe.Create(scratch["run/config.json"]);
        NamedPipe.Create(scratch["run/latest"]);
        NamedPipe.InTime(() => new Ddim().Fails(kind, "is a pipe, and only regular files are read", [.. command.Split(' ').Select(w => paths.GetValueOrDefault(w, w))]));
    }
}
