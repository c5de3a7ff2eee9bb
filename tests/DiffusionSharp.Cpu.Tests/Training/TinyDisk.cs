using System.Diagnostics;

namespace DiffusionSharp.Cpu.Tests.Training;

/// <summary>A mounted memory file system that is soon full. Only root on Linux may mount one.</summary>
internal sealed class TinyDisk : IDisposable
{
    public const string Missing = "mounting a small tmpfs needs root on Linux";

    private static readonly Lazy<bool> CanMount = new(() =>
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return false;
        }

        try
        {
            new TinyDisk(kibibytes: 64).Dispose();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    });

    public TinyDisk(int kibibytes)
    {
        Path = Directory.CreateTempSubdirectory("diffusionsharp-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", Path) != 0)
        {
            Directory.Delete(Path);
            throw new InvalidOperationException(Missing);
        }
    }

    public static bool Available => CanMount.Value;

    public string Path { get; }

    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    public void MakeReadOnly() => Assert.Equal(0, Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        Run("umount", Path);
        Directory.Delete(Path, recursive: true);
    }

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
