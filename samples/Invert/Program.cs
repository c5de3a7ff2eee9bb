// Encodes a picture as the x_T that DDIM makes it from, decodes it again, and says how near it came. Run it from the repository's root:
//   dotnet run -c Release --project samples/Invert [PICTURE [MODEL]]
using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;

using var model = DiffusionModel.Load(args.ElementAtOrDefault(1) ?? "models/shapes-32", CpuEngine.Default);
var images = ImageList.Read([args.FirstOrDefault() ?? "builtin:shapes"], model.Shape, count: 1);

var latents = model.Invert(images, new SampleOptions { Steps = 50 });
var back = model.Sample(new SampleOptions { Steps = 50, InitialX = latents.Values, X0Treatment = X0Treatment.None });
ImageFile.SavePng("original.png", back.Shape, Array.ConvertAll(images, v => (float)v));
ImageFile.SavePng("decoded.png", back.Shape, back.ToPictures());

foreach (var steps in new[] { 5, 10, 20 })
{
    Console.WriteLine($"{steps} steps: {model.Reconstruct(images, new SampleOptions { Steps = steps }).Psnr:F1} dB");
}
