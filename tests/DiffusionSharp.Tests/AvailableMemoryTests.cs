using System.Globalization;

namespace DiffusionSharp.Tests;

public sealed class AvailableMemoryTests : IDisposable
{
    private const long Gibibyte = 1L << 30;
    private readonly string root = Directory.CreateTempSubdirectory("diffusionsharp-memory-").FullName;

    [Theory]
    [InlineData(null, null, 8)]
    [InlineData("max", "max", 8)]
    [InlineData("5", "max", 4)]
    [InlineData("max", "7", 6)]
    [InlineData("4", "5", 3)]
    [InlineData("100", "100", 8)]
    public void Available_is_what_the_kernel_says_within_the_groups_limits(string? outer, string? inner, long expected)
    {
        Write("proc/meminfo", "MemTotal: 99 kB\nMemAvailable:   8388608 kB\n");
        Write("proc/self/cgroup", "9:name=systemd:/\n0::/outer/inner\n");
        Group("outer", outer);
        Group("outer/inner", inner);
        Assert.Equal(expected * Gibibyte, AvailableMemory.Linux(root));

        void Group(string name, string? limit)
        {
            if (limit is not null)
            {
                Write($"sys/fs/cgroup/{name}/memory.max", limit == "max" ? "max\n" : $"{long.Parse(limit, CultureInfo.InvariantCulture) * Gibibyte}\n");
                Write($"sys/fs/cgroup/{name}/memory.current", $"{3 * Gibibyte}\n");
                Write($"sys/fs/cgroup/{name}/memory.stat", $"anon 1\ninactive_file {2 * Gibibyte}\n");
            }
        }
    }

    [Fact]
    public void Files_that_say_nothing_leave_it_to_the_runtime()
    {
        Assert.Null(AvailableMemory.Linux(root));
        Write("proc/meminfo", "MemAvailable: lots\n");
        Assert.Null(AvailableMemory.Linux(root));
        Assert.InRange(AvailableMemory.Bytes(), 1 << 20, 1L << 50);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    private void Write(string name, string text)
    {
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
