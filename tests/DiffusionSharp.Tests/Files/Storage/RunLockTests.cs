using System.Globalization;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Tests.Files.Storage;

public class RunLockTests
{
    [Fact]
    public void A_second_owner_is_refused_and_told_who_has_it()
    {
        using var folder = new TemporaryFolder();
        using (RunLock.Acquire(folder["run"]))
        {
            var e = Assert.Throws<DiffusionException>(() => RunLock.Acquire(folder["run"]));
            Assert.Equal(ErrorKind.Storage, e.Kind);
            Assert.Contains("process " + Environment.ProcessId.ToString(CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
            Assert.Contains(folder["run"], e.Message, StringComparison.Ordinal);
        }

        using var again = RunLock.Acquire(folder["run"]);
    }

    [Fact]
    public void A_lock_file_left_by_a_dead_process_does_not_matter()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["lock"], "4000000000000000");
        using var taken = RunLock.Acquire(folder.Path);
    }

    [Fact]
    public void A_lock_whose_owner_does_not_run_here_is_not_said_to_be_in_use_by_it()
    {
        using var folder = new TemporaryFolder();
        using var held = new FileStream(folder["lock"], FileMode.Create, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None);
        held.Write("2000000000"u8);
        held.Flush();
        var e = Assert.Throws<DiffusionException>(() => RunLock.Acquire(folder.Path));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("process 2000000000, which", e.Message, StringComparison.Ordinal);
        Assert.Contains("delete that file", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_cannot_be_opened_says_why()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["lock"]);
        var e = Assert.Throws<DiffusionException>(() => RunLock.Acquire(folder.Path));
        Assert.Equal(ErrorKind.Storage, e.Kind);
        Assert.Contains("it is a folder", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_folders_are_independent()
    {
        using var folder = new TemporaryFolder();
        using var a = RunLock.Acquire(folder["a"]);
        using var b = RunLock.Acquire(folder["b"]);
    }
}
