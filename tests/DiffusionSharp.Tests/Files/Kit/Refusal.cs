using DiffusionSharp.Files;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Tests.Files.Kit;

/// <summary>The bars for a file from a stranger.</summary>
internal static class Refusal
{
    public const string Path = "/tmp/stranger.pt";
    private const long Allowance = 4 << 20;

    /// <summary>
    /// Opens bytes as a file; null when they are accepted, otherwise the message, which names the file in one line. More memory than the
    /// file's size and 4 MiB, or another exception, is a failure.
    /// </summary>
    public static string? Open(byte[] bytes, string what, Action<TensorFile>? then = null, string path = Path)
    {
        string? message = null;
        var before = GC.GetAllocatedBytesForCurrentThread();
        long allocated;
        try
        {
            using var file = TensorFiles.Read(FileBytes.FromMemory(path, bytes));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            then?.Invoke(file);
        }
        catch (DiffusionException e)
        {
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            message = e.Message;
            Assert.True(e.Kind == ErrorKind.ModelFile, $"{what}: {e.Kind}");
            Assert.True(message.Contains(System.IO.Path.GetDirectoryName(path)!, StringComparison.Ordinal), $"{what}: '{message}' does not name the file");
            Assert.True(message.Length < 1000 && !message.Contains('\n', StringComparison.Ordinal), $"{what}: {message}");
        }

        Assert.True(allocated <= bytes.Length + Allowance, $"{what}: {allocated} bytes for a file of {bytes.Length}");
        return message;
    }

    /// <summary>As above, and it must be refused for a reason.</summary>
    public static void Expect(byte[] bytes, string reason, string what)
    {
        var message = Open(bytes, what);
        Assert.True(message is not null, $"{what}: was accepted");
        Assert.True(message.Contains(reason, StringComparison.Ordinal), $"{what}: '{message}' does not contain '{reason}'");
    }
}
