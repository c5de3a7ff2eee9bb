using DiffusionSharp.Models;
using TestKit;

namespace DiffusionSharp.Cpu.Tests.Determinism;

/// <summary>The bundled model draws images of sizes that it was not trained at.</summary>
public class AnySizeTests
{
    private static readonly string Bundled = Path.Combine(Shared.Repository, "models", "shapes-32");

    [Fact]
    public async Task Options_say_the_size()
    {
        using var model = DiffusionModel.Load(Bundled, CpuEngine.Default);
        var options = new SampleOptions { Steps = 2, Seed = 3, Size = (24, 40) };
        var images = model.Sample(options);
        Assert.Equal(new ImageShape(3, 24, 40), images.Shape);
        Assert.Equal(new ImageShape(3, 32, 32), model.Sample(options with { Size = null }).Shape);

        // As if it had been loaded for that size, image by image, asynchronously, and again.
        using var sized = DiffusionModel.Load(ModelSource.Open(Bundled).At(24, 40), CpuEngine.Default);
        Assert.Equal(images.Values, sized.Sample(options with { Size = null }).Values);
        Assert.Equal(images.Values, Assert.Single(model.Stream(options)).Values);
        await foreach (var batch in model.StreamAsync(options, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(images.Values, batch.Values);
        }

        Assert.Same(model.At(24, 40), model.At(24, 40));
        Assert.Same(model, model.At(32, 32));
    }

    [Fact]
    public void Encoding_and_reconstructing_too()
    {
        using var model = DiffusionModel.Load(Bundled, CpuEngine.Default);
        var options = new SampleOptions { Steps = 5, Size = (24, 40) };
        var image = model.Sample(options).Values;
        Assert.Equal(new ImageShape(3, 24, 40), model.Invert(image, options).Shape);
        Assert.True(model.Reconstruct(image, options with { Steps = 20 }).Psnr > 15);
    }

    [Fact]
    public void What_cannot_be_is_said()
    {
        using var model = DiffusionModel.Load(Bundled, CpuEngine.Default);
        Assert.Contains("30×30 is not divisible by 4", Assert.Throws<DiffusionException>(() => model.Sample(new SampleOptions { Size = (30, 30) })).Message);
    }
}
