using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DiffusionSharp.Torch.Checks;
using DiffusionSharp.Torch.Native;
using TorchSharp;
using Xunit;

namespace DiffusionSharp.Torch.Tests.Native;

public sealed class TorchNativeTests
{
    [TorchFact]
    public void Loads_once_and_from_any_thread()
    {
        Parallel.For(0, 8, _ => TorchNative.EnsureLoaded());
        using var t = torch.ones(2, 3);
        Assert.Equal(6, t.sum().item<float>());
    }

    [TorchFact]
    public void Reports_what_it_did()
    {
        var status = TorchHealth.Status;
        Assert.True(status.Loaded, status.Error);
        Assert.Null(status.Error);
        Assert.StartsWith("2.10", status.LibTorchVersion, StringComparison.Ordinal);
        Assert.False(status.Patched && !OperatingSystem.IsLinux());
        Assert.NotNull(status.Library);
    }

    [TorchFact]
    public void Without_the_fix_an_old_system_gets_an_explanation_and_no_files()
    {
        var status = InChild((TorchNative.SwitchOff, "1"));
        if (!TorchHealth.Status.Patched)
        {
            Assert.True(status.Loaded, status.Error);
            return;
        }

        Assert.False(status.Loaded);
        Assert.Contains(PatchedLibrary.Version, status.Error, StringComparison.Ordinal);
        Assert.Contains(TorchNative.SwitchOff, status.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")), "TorchSharp copied libtorch into cpu/");
    }

    [TorchFact]
    public void Loads_where_there_is_no_cache_folder()
    {
        var nowhere = OperatingSystem.IsWindows() ? "" : "/proc/nowhere";
        var status = InChild(("XDG_CACHE_HOME", nowhere));
        Assert.True(status.Loaded, status.Error);
        Assert.False(status.Patched && File.Exists(status.Library), "the copy of one process stayed behind");
    }

    [Fact]
    public void An_absent_library_is_said_to_be_absent()
    {
        var status = InChild((Pretence.Variable, "absent"));
        Assert.False(status.Loaded);
        Assert.Contains("cannot be loaded", status.Error, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Wrong_results_are_an_error()
    {
        var status = InChild((Pretence.Variable, "wrong"));
        Assert.True(status.Loaded);
        Assert.Contains("computes wrongly", status.Error, StringComparison.Ordinal);
        Assert.Contains("managed engine", status.Error, StringComparison.Ordinal);
    }

    [TorchFact]
    public unsafe void Nnpack_is_off()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the function has this name on Linux");
        Assert.True(NativeLibrary.TryLoad("torch_cpu", typeof(torch).Assembly, null, out var library));
        var context = (delegate* unmanaged<IntPtr>)NativeLibrary.GetExport(library, "_ZN2at13globalContextEv");
        var enabled = (delegate* unmanaged<IntPtr, byte>)NativeLibrary.GetExport(library, "_ZNK2at7Context17userEnabledNNPACKEv");
        Assert.Equal(0, enabled(context()));
    }

    // The child's module initialiser prints its status and exits: one line, so nothing else may reach stdout.
    private static TorchNativeStatus InChild(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet")
        {
            start.ArgumentList.Add(typeof(TorchNativeTests).Assembly.Location);
        }

        start.Environment[LoadTorch.ReportOnly] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
        return JsonSerializer.Deserialize<TorchNativeStatus>(output)!;
    }
}
