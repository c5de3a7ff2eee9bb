using System.CommandLine;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.Display;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Shell;
using DiffusionSharp.Torch.Native;
using TorchSharp;

namespace DiffusionSharp.Cli.Commands;

/// <summary><c>ddim doctor</c>: says whether this machine can run everything, and how.</summary>
internal static class DoctorCommand
{
    public const string Help = """
        Example:  ddim doctor

        Checks this machine: libtorch, processor, memory, GPU, and whether the bundled model is there.
        Exit code 7 when libtorch cannot be loaded.

          --json    the findings as JSON
        """;

    public static Command Create(CliHost host)
    {
        var json = JsonOption.Create();
        var command = new Command("doctor") { json };
        command.SetAction(r =>
        {
            var torchStatus = TorchNative.Status;
            var findings = Findings(host, torchStatus);
            JsonOption.Print(host, r.GetValue(json), () => Json(findings), () => string.Join('\n', findings.Select(f => $"{f.Name,-16} {f.Text}")));
            return torchStatus.Loaded ? 0 : throw new DiffusionException(ErrorKind.Device, torchStatus.Error ?? torchStatus.Reason);
        });
        return command;
    }

    private static IReadOnlyList<(string Name, string Text)> Findings(CliHost host, TorchNativeStatus status)
    {
        var memory = GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes;
        var bundled = ModelOption.BundledFolder(host);
        return
        [
            ("ddim", typeof(DoctorCommand).Assembly.GetName().Version?.ToString(3) ?? "?"),
            ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}"),
            ("cores", Human.Count(Environment.ProcessorCount)),
            ("simd", Simd()),
            ("memory", Human.Bytes(memory)),
            ("libtorch", status.Loaded ? $"{status.LibTorchVersion}, {torch.get_num_threads()} threads" : "NOT LOADED"),
            ("native library", status.Library ?? "not found"),
            ("loading", $"{(status.Patched ? "private copy: " : "")}{status.Reason}"),
            ("cuda", status.CudaAvailable ? $"{torch.cuda.device_count()} device(s)" : "none (use --device cpu)"),
            ("bundled model", Directory.Exists(bundled) ? bundled : $"MISSING: {bundled}"),
        ];
    }

    private static string Simd()
    {
        var found = new (string Name, bool Supported)[]
        {
            ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512", Avx512F.IsSupported), ("NEON", System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported),
        };
        return $"{string.Join(", ", found.Where(f => f.Supported).Select(f => f.Name).DefaultIfEmpty("none"))} ({Vector512.IsHardwareAccelerated switch { true => 512, _ => Vector256.IsHardwareAccelerated ? 256 : 128 }} bits)";
    }

    private static JsonObject Json(IEnumerable<(string Name, string Text)> findings) => new(findings.Select(f => KeyValuePair.Create(f.Name, (JsonNode?)f.Text)));
}
