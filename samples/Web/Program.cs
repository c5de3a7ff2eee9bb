// Draws pictures for whoever asks: each is sent as soon as it is drawn, and none is drawn any more when the one who asked has gone.
//   dotnet run -c Release --project samples/Web
//   curl -N 'http://localhost:5000/pictures?count=8&seed=42'      a JSON array of PNGs in base64
//   curl 'http://localhost:5000/picture/42' > shape.png
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Shapes32;

using var model = DiffusionModel.Load(Shapes32Model.Folder, CpuEngine.Default);
var app = WebApplication.Create(args);
app.MapGet("/pictures", (ulong seed, int count, CancellationToken gone) => Pictures(new SampleOptions { Seed = seed, Count = count, BatchSize = 1 }, gone));
app.MapGet("/picture/{seed}", async (ulong seed, CancellationToken gone) =>
{
    await foreach (var picture in Pictures(new SampleOptions { Seed = seed }, gone))
    {
        return Results.Bytes(picture, "image/png");
    }

    return Results.NotFound();
});
app.Run();

async IAsyncEnumerable<byte[]> Pictures(SampleOptions options, [EnumeratorCancellation] CancellationToken gone)
{
    await foreach (var batch in model.StreamAsync(options, cancellationToken: gone))
    {
        yield return Png(batch);
    }
}

static byte[] Png(SampledImages images)
{
    var pixels = new byte[images.Values.Length];
    ImageFile.ToBytes(images.ToPictures(), pixels);
    return ImageFile.EncodePng(images.Shape, pixels);
}
