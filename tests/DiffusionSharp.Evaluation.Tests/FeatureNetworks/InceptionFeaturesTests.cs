using DiffusionSharp.Evaluation.FeatureNetworks;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Evaluation.Tests.FeatureNetworks;

public class InceptionFeaturesTests
{
    [Theory]
    [InlineData(InceptionOutput.Features, 2048)]
    [InlineData(InceptionOutput.FeaturesAndLogits, 2048 + 1008)]
    [InlineData(InceptionOutput.Auxiliary, 768)]
    [InlineData(InceptionOutput.SecondPooling, 192)]
    [InlineData(InceptionOutput.FirstPooling, 64)]
    public void An_output_has_its_width(InceptionOutput output, int width) => Assert.Equal(new ImageShape(width, 1, 1), InceptionNetwork.Build(output).OutputShape);

    // pytorch-fid's state has 23,885,486 numbers; less those of the classes, three of four a channel of its batch norms, and the counters of these.
    [Fact]
    public void It_is_as_large_as_it_should_be()
    {
        var graph = InceptionNetwork.Build();
        var channels = graph.Parameters.Where(p => p.Shape.Count == 1).Sum(p => p.Shape[0]);
        Assert.Equal(23_885_486 - (1008 * 2049) - (3 * channels) - 94, graph.ParameterCount);
    }

    [Fact]
    public void Images_go_through_in_batches()
    {
        using var network = InceptionFeatures.Create((_, _) => new Means(), InceptionOutput.FirstPooling, _ => throw new InvalidOperationException(), "hash");
        var images = Enumerable.Range(0, 70).SelectMany(i => Enumerable.Repeat((byte)(3 * i), 3 * 2 * 2)).ToArray();
        var features = network.Features(images, new ImageShape(3, 2, 2));
        Assert.Equal(70 * 64, features.Length);
        Assert.All(Enumerable.Range(0, 70), i => Assert.Equal((2 * 3 * i / 255.0) - 1, features[i * 64], 1e-5));
        var e = Assert.Throws<DiffusionException>(() => network.Features(new byte[13], new ImageShape(3, 2, 2)));
        Assert.Equal(ErrorKind.Data, e.Kind);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(40, "malformed")]
    [InlineData(int.MaxValue, "fetch it again")]
    public void A_broken_download_is_refused(int length, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("inception-");
        try
        {
            var (path, whole) = (Path.Combine(folder.FullName, InceptionFeatures.FileName), "\u0040\0\0\0\0\0\0\0{\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}    \0\0\0\0"u8.ToArray());
            File.WriteAllBytes(path, whole[..Math.Min(length, whole.Length)]);
            var e = Assert.Throws<DiffusionException>(() => InceptionFeatures.Load(path, (_, _) => new Means()));
            Assert.Equal(ErrorKind.ModelFile, e.Kind);
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named()
    {
        var weight = InceptionNetwork.Build().Parameters[0];
        var e = Assert.Throws<DiffusionException>(() => InceptionWeights.Read(weight, _ => new HostTensor([2], new float[2])));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        Assert.Contains("Conv2d_1a_3x3", e.Message, StringComparison.Ordinal);
        Assert.Contains("[2]", e.Message, StringComparison.Ordinal);
    }

    // The mean of an image for all of its features.
    private sealed class Means : IDenoiser
    {
        public int OutputChannels => 64;

        public void Predict(DenoiserInput input, Span<float> prediction)
        {
            for (var i = 0; i < input.Count; i++)
            {
                var image = input.X.Slice(i * input.Shape.Elements, input.Shape.Elements);
                var sum = 0.0;
                foreach (var v in image)
                {
                    sum += v;
                }

                prediction.Slice(i * OutputChannels, OutputChannels).Fill((float)(sum / image.Length));
            }
        }
    }
}
