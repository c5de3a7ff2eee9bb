using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Plans;
using TestKit;

namespace DiffusionSharp.Cpu.Tests.Determinism;

/// <summary>Whole sampling runs of the bundled model.</summary>
public class SamplingTests
{
    private static readonly SampleOptions Options = new() { Steps = 3, Seed = 40, Eta = 1 };

    [Fact]
    public void Sampled_images_are_the_same_in_every_batch_and_form()
    {
        double[][] alone = [.. Enumerable.Range(0, 5).SelectMany(i => Sample(Forms.All[0], Options with { Seed = Options.Seed + (ulong)i }))];
        int[] batches = [1, 2, 3, 5];
        foreach (var (i, form) in Forms.All.Where(f => f.Threads is 1 or 3).Index())
        {
            var images = Sample(form, Options with { Count = 5, BatchSize = batches[i % batches.Length] });
            for (var n = 0; n < 5; n++)
            {
                Assert.True(alone[n].AsSpan().SequenceEqual(images[n]), $"image {n} with {form.Name()} differs");
            }
        }
    }

    private static double[][] Sample(CpuOptions form, SampleOptions options)
    {
        using var model = DiffusionModel.Load(Path.Combine(Shared.Repository, "models", "shapes-32"), CpuEngine.With(form));
        var images = model.Sample(options);
        return [.. Enumerable.Range(0, images.Count).Select(i => images.Image(i).ToArray())];
    }
}
