using System.Globalization;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;

namespace DiffusionSharp.Torch.Tests.Training;

public sealed class MemoryPlanTests : IDisposable
{
    private const long Gibibyte = 1L << 30;
    private readonly string root = Directory.CreateTempSubdirectory("diffusionsharp-memory-").FullName;

    [Fact]
    public void Parts_are_what_fits_beside_the_weights_and_everything_kept_for_them()
    {
        var graph = UNet.Build(TinyRun.Network);
        var options = new TrainingOptions { BatchSize = 128, EmaDecays = [0.9, 0.99] };
        var weights = 4 * graph.ParameterCount * (1 + 2 + 2 + 2); // weights, gradients twice, moments, averages
        Assert.Equal(weights, MemoryPlan.BytesOfWeights(graph, options));
        var image = MemoryPlan.BytesPerImage(graph, options);
        Assert.Equal(graph.Nodes.Sum(n => 6L * n.Shape.Elements), image);
        Assert.Equal(image / 2, MemoryPlan.BytesPerImage(graph, options with { BFloat16 = true }));
        foreach (var (fits, expected) in ((int, int)[])[(1000, 128), (128, 128), (127, 64), (50, 43), (1, 1), (0, 1)])
        {
            Assert.Equal(expected, MemoryPlan.MicroBatch(graph, options, weights + (fits * image)));
        }

        Assert.Equal(1, MemoryPlan.MicroBatch(graph, options, 0));
        Assert.Equal(128, MemoryPlan.MicroBatch(graph, options with { Device = "cuda" }));
    }

    [Fact]
    public void The_classic_recipe_does_not_plan_for_more_than_there_is()
    {
        var graph = UNet.Build(UNetConfig.Ddpm(new ImageShape(3, 96, 96), 64, [1, 2, 2, 4], 2, [12]));
        var options = new TrainingOptions();
        var part = MemoryPlan.MicroBatch(graph, options, 14 * Gibibyte);
        Assert.InRange(MemoryPlan.BytesOfWeights(graph, options) + (part * MemoryPlan.BytesPerImage(graph, options)), Gibibyte, 14 * Gibibyte);
    }

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
