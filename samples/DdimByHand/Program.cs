// Samples a picture with the loop of DdimByHand.cs, thirty lines that leave nothing out. Run it from the repository's root:
//   dotnet run -c Release --project samples/DdimByHand [S [ETA]]
using System.Globalization;
using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;

var steps = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50;
var eta = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 0;
using var model = DiffusionModel.Load("models/shapes-32", CpuEngine.Default);
var image = DdimByHand.Sample(model.Network, model.Shape, seed: 42, steps, eta);
ImageFile.SavePng("by-hand.png", model.Shape, Array.ConvertAll(image, v => (float)v));
