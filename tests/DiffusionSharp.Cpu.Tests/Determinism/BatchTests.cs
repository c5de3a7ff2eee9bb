using DiffusionSharp.Cpu.Tests.Kit;
using DiffusionSharp.Noise;
using TestKit.Networks;

namespace DiffusionSharp.Cpu.Tests.Determinism;

/// <summary>An image's bits depend on the image, its timestep and its label, and on nothing else.</summary>
public class BatchTests
{
    private const int Seeds = 200;

    public static TheoryData<string> Networks => new(SmallUNets.All.Keys);

    // Every form sees a fifth of the seeds, in batches of 1 to 9, one after the other on one network, so that larger and smaller
    // calls and other images went before. Timesteps and labels are each image's own; some agree.
    [Theory]
    [MemberData(nameof(Networks))]
    public void The_images_of_200_seeds_are_the_same_in_every_batch_at_every_place_and_in_every_form(string name)
    {
        var images = ImagesOfSeeds(name);
        var size = images.Graph.OutputShape.Elements;
        using var first = (CpuDenoiser)images.On(Forms.First);
        float[][] alone = [.. Enumerable.Range(0, Seeds).Select(i => images.Pick(i).Predict(first))];
        for (var f = 0; f < Forms.All.Count; f++)
        {
            var random = new Random(f);
            int[] order = [.. Enumerable.Range(0, Seeds).Where(i => (i + f) % 5 == 0)];
            random.Shuffle(order);
            using var denoiser = (CpuDenoiser)images.On(CpuEngine.With(Forms.All[f]));
            for (var done = 0; done < order.Length;)
            {
                var batch = order.Skip(done).Take(random.Next(1, 10)).ToArray();
                done += batch.Length;
                var predictions = images.Pick(batch).Predict(denoiser).Chunk(size);
                foreach (var (seed, prediction) in batch.Zip(predictions))
                {
                    Assert.True(Bits.AreEqual(alone[seed], prediction), $"seed {seed} in a batch of {batch.Length}: {Forms.All[f].Name()} differs from {Forms.All[0].Name()} alone");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void An_image_of_NaN_or_huge_values_changes_no_other(string name)
    {
        var images = ImagesOfSeeds(name).Pick(0, 1, 2, 3, 4);
        var (size, clean) = (images.Graph.InputShape.Elements, images.X.ToArray());
        var expected = images.Predict(Forms.First).Chunk(images.Graph.OutputShape.Elements).ToArray();
        foreach (var form in Forms.All.Where(f => f.Threads == 2))
        {
            using var denoiser = (CpuDenoiser)images.On(CpuEngine.With(form));
            foreach (var bad in (float[])[float.NaN, float.NegativeInfinity, 1e30f])
            {
                foreach (var place in (int[])[0, 2, 4])
                {
                    images.X.AsSpan(place * size, size).Fill(bad);
                    var predictions = images.Predict(denoiser).Chunk(images.Graph.OutputShape.Elements).ToArray();
                    clean.CopyTo(images.X, 0);
                    Assert.All(Enumerable.Range(0, 5).Where(i => i != place), i =>
                        Assert.True(Bits.AreEqual(expected[i], predictions[i]), $"{form.Name()}: {bad} in image {place} changed image {i}"));
                }

                // Nor what is computed after it.
                Assert.True(Bits.AreEqual([.. expected.SelectMany(p => p)], images.Predict(denoiser)), $"{form.Name()}: {bad} changed the next call");
            }
        }
    }

    private static NetworkCase ImagesOfSeeds(string name)
    {
        var drawn = SmallUNets.Case(name, Seeds);
        var size = drawn.Graph.InputShape.Elements;
        for (var i = 0; i < Seeds; i++)
        {
            CounterNoise.Gaussian((ulong)i, 0, drawn.X.AsSpan(i * size, size));
            drawn.Timesteps[i] = i % 3 == 0 ? 500 : drawn.Timesteps[i];
        }

        return drawn;
    }
}
