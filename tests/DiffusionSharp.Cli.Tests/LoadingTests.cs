using System.Diagnostics;
using DiffusionSharp.Cli.Tests.Kit;
using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Cli.Tests;

/// <summary>What a process of the command loads: with the managed engine, nothing of libtorch, ONNX Runtime, the plots or OpenSSL.</summary>
public sealed class LoadingTests : IDisposable
{
    private static readonly string[] Heavy = ["torch", "onnx", "scottplot", "crypto", "ssl"];

    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("train", "--help")]
    [InlineData("plan", "--steps", "3", "--json")]
    [InlineData("inspect", "MODEL", "--json")]
    [InlineData("sample", "--model", "MODEL", "--steps", "2", "--count", "2", "--out", "OUT/x.png")]
    [InlineData("sample", "--model", "MODEL", "--steps", "2", "--count", "2", "--weights", "half", "--out", "OUT/all/")]
    [InlineData("sequence", "--model", "MODEL", "--steps", "2", "--count", "1", "--out", "OUT/x.apng")]
    [InlineData("interpolate", "--model", "MODEL", "--steps", "2", "--frames", "2", "--out", "OUT/x.png")]
    [InlineData("invert", "builtin:shapes", "--count", "1", "--model", "MODEL", "--steps", "2", "--out", "OUT/x.npy")]
    [InlineData("reconstruct", "builtin:shapes", "--count", "1", "--model", "MODEL", "--steps", "2", "--out", "OUT/r")]
    [InlineData("tune", "--model", "MODEL", "--steps", "2", "--reference", "3", "--count", "2")]
    [InlineData("doctor", "--engine", "cpu")]
    [InlineData("predict", "--model", "MODEL", "--input", "OUT/in.npy", "--timesteps", "5", "--output", "OUT/y.npy")]
    [InlineData("data", "check", "builtin:shapes")]
    [InlineData("export", "--model", "MODEL", "--out", "OUT/x.onnx")]
    public void Nothing_heavy_is_loaded(params string[] args) =>
        Assert.All(Loaded(args), file => Assert.DoesNotContain(Heavy, h => Path.GetFileName(file).Replace("DiffusionSharp.Onnx.dll", "", StringComparison.Ordinal).Contains(h, StringComparison.OrdinalIgnoreCase)));

    // The test above would pass if nothing were seen at all.
    [TorchFact]
    public void Libtorch_is_seen_where_it_is_asked_for()
    {
        var files = Loaded("sample", "--model", "MODEL", "--steps", "2", "--count", "1", "--engine", "torch", "--threads", "1", "--out", "OUT/x.png");

        Assert.Contains(files, f => Path.GetFileName(f) == "TorchSharp.dll");
        Assert.Contains(files, f => Path.GetFileName(f).Contains("torch_cpu", StringComparison.Ordinal) || !OperatingSystem.IsLinux());
    }

    private string[] Loaded(params string[] args)
    {
        var model = TinyModel.Save(scratch["model"], size: 16);
        NpyFile.Write(scratch["in.npy"], new HostTensor([1, 3, 16, 16], new float[768]));
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in args.Prepend(typeof(Cli).Assembly.Location))
        {
            start.ArgumentList.Add(word.Replace("MODEL", model, StringComparison.Ordinal).Replace("OUT", scratch.Root, StringComparison.Ordinal));
        }

        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(LoadingTests).Assembly.Location;
        start.Environment[StartupHook.Target] = scratch["loaded"];
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return File.ReadAllLines(scratch["loaded"]);
    }
}
